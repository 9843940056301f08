{{- define "tributary-hub.name" -}}
tributary-operator
{{- end -}}

{{- define "tributary-hub.labels" -}}
{{ include "tributary-hub.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "tributary-hub.selector" -}}
app.kubernetes.io/name: tributary-operator
app.kubernetes.io/instance: {{ .Release.Name }}
tributary.dev/component: operator
{{- end -}}

{{/* A reference that names one content: a digest, or a tag that its owner does not move. */}}
{{- define "tributary-hub.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ required (printf "%s needs a digest or a tag" .path) .image.tag }}
{{- end -}}
{{- end -}}
