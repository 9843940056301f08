{{- define "tributary-member.labels" -}}
app.kubernetes.io/name: tributary-member
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "tributary-member.gate" -}}
tributary-gate
{{- end -}}

{{- define "tributary-member.gateSelector" -}}
app.kubernetes.io/name: tributary-gate
app.kubernetes.io/instance: {{ .Release.Name }}
tributary.dev/component: gate
{{- end -}}

{{/* A reference that names one content: a digest, or a tag that its owner does not move. */}}
{{- define "tributary-member.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ required (printf "%s needs a digest or a tag" .path) .image.tag }}
{{- end -}}
{{- end -}}

{{- define "tributary-member.dataplaneImage" -}}
{{ include "tributary-member.image" (dict "path" "dataplaneImage" "image" .Values.dataplaneImage) }}
{{- end -}}

{{/* The namespace in which the hub's account lies. */}}
{{- define "tributary-member.hubNamespace" -}}
{{ (first .Values.jobNamespaces).name }}
{{- end -}}

{{/* The name by which API server and policies know the hub. */}}
{{- define "tributary-member.hubUser" -}}
system:serviceaccount:{{ include "tributary-member.hubNamespace" . }}:{{ .Values.hub.serviceAccount.name }}
{{- end -}}

{{/* Name of a runtime's PodTemplate: the data set makes it one of its own. */}}
{{- define "tributary-member.runtimeName" -}}
{{ .name }}{{ with .dataset }}.{{ . }}{{ end }}
{{- end -}}

{{/* JSON list of the job namespaces that offer a runtime. */}}
{{- define "tributary-member.runtimeNamespaces" -}}
{{- $all := list -}}
{{- range .root.Values.jobNamespaces }}{{ $all = append $all .name }}{{ end -}}
{{- range .runtime.namespaces }}
{{- if not (has . $all) }}{{ fail (printf "runtime %s names namespace %s, which is not one of jobNamespaces" $.runtime.name .) }}{{ end -}}
{{- end -}}
{{ default $all .runtime.namespaces | toJson }}
{{- end -}}

{{/* JSON list of all job namespaces. */}}
{{- define "tributary-member.jobNamespaces" -}}
{{- $all := list -}}
{{- range .Values.jobNamespaces }}{{ $all = append $all .name }}{{ end -}}
{{ $all | toJson }}
{{- end -}}

{{/* Security context of every container. */}}
{{- define "tributary-member.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Security context of every pod. */}}
{{- define "tributary-member.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/*
Address and port of the gate for pods that resolve no names: the address of its Service, as the values fix it or as the
cluster gave it at the first install.
*/}}
{{- define "tributary-member.gateAddress" -}}
{{- $address := .Values.gate.clusterIP -}}
{{- if not $address -}}
{{- $service := lookup "v1" "Service" .Release.Namespace (include "tributary-member.gate" .) -}}
{{- $address = dig "spec" "clusterIP" "" $service -}}
{{- end -}}
{{- if not $address -}}
{{- fail "the gate's Service has no address yet: install without gate.caCertificate first, or fix gate.clusterIP" -}}
{{- end -}}
{{- if contains ":" $address }}[{{ $address }}]{{ else }}{{ $address }}{{ end }}:8445
{{- end -}}
