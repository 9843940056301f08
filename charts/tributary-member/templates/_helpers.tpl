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

{{/*
The namespace in which the hub's account lies: as the values say, else where this release put it first. That is written on a policy
that is there as long as the release, also while the hub is switched off or somebody deleted the account.
*/}}
{{- define "tributary-member.hubNamespace" -}}
{{- $names := include "tributary-member.jobNamespaces" . | fromJsonArray -}}
{{- $policy := lookup "admissionregistration.k8s.io/v1" "ValidatingAdmissionPolicy" "" "tributary-hub-writes-its-own" -}}
{{- $isOurs := eq .Release.Name (dig "metadata" "labels" "app.kubernetes.io/instance" "" $policy) -}}
{{- $former := ternary (dig "metadata" "annotations" "tributary.dev/hub-namespace" "" $policy) "" $isOurs -}}
{{- /* Releases of earlier charts have the account alone. */ -}}
{{- range $name := ternary (list) $names (ne $former "") -}}
{{- $account := lookup "v1" "ServiceAccount" $name $.Values.hub.serviceAccount.name -}}
{{- if and (not $former) (eq $.Release.Name (dig "metadata" "labels" "app.kubernetes.io/instance" "" $account)) }}{{ $former = $name }}{{ end -}}
{{- end -}}
{{- $wanted := .Values.hub.serviceAccount.namespace -}}
{{- if $wanted -}}
{{- if eq $wanted .Release.Namespace }}{{ fail (printf "hub.serviceAccount.namespace %s is the gate's namespace, in which the hub must have no rights" $wanted) }}{{ end -}}
{{ $wanted }}
{{- else if and $former (or (has $former $names) (not .Values.hub.enabled)) -}}
{{ $former }}
{{- else if $former -}}
{{ fail (printf "the hub's account lies in namespace %s, which is a job namespace no longer: set hub.serviceAccount.namespace to %s to leave it there, or to another, and let the hub join again" $former $former) }}
{{- else if has "tributary-jobs" $names -}}
tributary-jobs
{{- else if or (eq (len $names) 1) (not .Values.hub.enabled) -}}
{{ first $names }}
{{- else -}}
{{ fail (printf "hub.serviceAccount.namespace is needed: which of %s holds the hub's account" (join ", " $names)) }}
{{- end -}}
{{- end -}}

{{/* The name by which API server and policies know the hub. */}}
{{- define "tributary-member.hubUser" -}}
system:serviceaccount:{{ include "tributary-member.hubNamespace" . }}:{{ .Values.hub.serviceAccount.name }}
{{- end -}}

{{/*
JSON list of the accounts that act as the hub: that of the values, and each that a role of this release is still bound to. Helm grants
first, changes policies then and takes rights away last, so a former account has its rights until an upgrade has ended, or for good if it
fails. Beside the hub's accounts only those of the gate's namespace are bound. None is found where charts are rendered away from the cluster.
*/}}
{{- define "tributary-member.hubUsers" -}}
{{- $users := list (include "tributary-member.hubUser" .) -}}
{{- $wanted := .Values.hub.serviceAccount.name -}}
{{- range $kind := list "RoleBinding" "ClusterRoleBinding" -}}
{{- range $binding := (lookup "rbac.authorization.k8s.io/v1" $kind "" "").items -}}
{{- $labels := dig "metadata" "labels" (dict) $binding -}}
{{- $isOurs := and (eq "tributary-member" (get $labels "app.kubernetes.io/name")) (eq $.Release.Name (get $labels "app.kubernetes.io/instance")) -}}
{{- range $subject := ternary (dig "subjects" (list) $binding) (list) $isOurs -}}
{{- if and (eq $subject.kind "ServiceAccount") (ne $subject.namespace $.Release.Namespace) -}}
{{- if and $.Values.hub.enabled (ne $subject.name $wanted) }}{{ fail (printf "hub.serviceAccount.name is %s, but the hub's account in namespace %s is %s, whose tokens would be worth nothing: set hub.serviceAccount.name to %s to leave it, or upgrade with hub.enabled=false first, then with %s, and let the hub join again" $wanted $subject.namespace $subject.name $subject.name $wanted) }}{{ end -}}
{{- $users = append $users (printf "system:serviceaccount:%s:%s" $subject.namespace $subject.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ $users | uniq | toJson }}
{{- end -}}

{{/* CEL of a match condition: whether the hub asks. */}}
{{- define "tributary-member.isTheHub" -}}
request.userInfo.username in {{ include "tributary-member.hubUsers" . }}
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
{{- range .Values.jobNamespaces }}
{{- if has .name $all }}{{ fail (printf "jobNamespaces: %s is listed twice" .name) }}{{ end -}}
{{- $all = append $all .name -}}
{{- end -}}
{{- if has .Release.Namespace $all }}{{ fail (printf "namespace %s is the gate's: the hub must have no rights in it, so it cannot be one of jobNamespaces" .Release.Namespace) }}{{ end -}}
{{ $all | toJson }}
{{- end -}}

{{/*
JSON list of those of some namespaces in which objects can be made. While the hub is switched off, one that is gone or going is passed
over: Helm creates before it deletes, so one object that is refused there would leave the hub its rights and its workers everywhere.
While the hub is let in, a namespace that is missing is an error. Where charts are rendered away from the cluster, kube-system is not
found either, and nothing is passed over.
*/}}
{{- define "tributary-member.openOf" -}}
{{- $open := .names -}}
{{- if and (not .root.Values.hub.enabled) (lookup "v1" "Namespace" "" "kube-system") -}}
{{- $made := list -}}
{{- range .root.Values.jobNamespaces }}{{ if .create }}{{ $made = append $made .name }}{{ end }}{{ end -}}
{{- $open = list -}}
{{- range $name := .names -}}
{{- $found := lookup "v1" "Namespace" "" $name -}}
{{- $isGoing := dig "metadata" "deletionTimestamp" "" $found -}}
{{- if and (or $found (has $name $made)) (not $isGoing) }}{{ $open = append $open $name }}{{ end -}}
{{- end -}}
{{- end -}}
{{ $open | toJson }}
{{- end -}}

{{/* JSON list of the job namespaces in which objects can be made: what lies in job namespaces is rendered for these. */}}
{{- define "tributary-member.openNamespaces" -}}
{{ include "tributary-member.openOf" (dict "root" . "names" (include "tributary-member.jobNamespaces" . | fromJsonArray)) }}
{{- end -}}

{{/*
JSON list of namespaces that were job namespaces of this release until now: a role of the gate is there, or one of a removal that did
not end; without those in which nothing can be made. No role is found where charts are rendered away from the cluster.
*/}}
{{- define "tributary-member.formerNamespaces" -}}
{{- $names := include "tributary-member.jobNamespaces" . | fromJsonArray -}}
{{- $former := list -}}
{{- range $role := (lookup "rbac.authorization.k8s.io/v1" "Role" "" "").items -}}
{{- $isOurs := eq $.Release.Name (dig "metadata" "labels" "app.kubernetes.io/instance" "" $role) -}}
{{- if and $isOurs (has $role.metadata.name (list (include "tributary-member.gate" $) "tributary-remove-workers")) (not (has $role.metadata.namespace $names)) (ne $role.metadata.namespace $.Release.Namespace) -}}
{{- $former = append $former $role.metadata.namespace -}}
{{- end -}}
{{- end -}}
{{ include "tributary-member.openOf" (dict "root" . "names" ($former | uniq)) }}
{{- end -}}

{{/* A word for all that a runtime's pods are made from: a Job keeps the one that it was made with. */}}
{{- define "tributary-member.runtimeVersion" -}}
{{ printf "%s%s" (include "tributary-member.workerPod" .) (.runtime.trainer.acceleratorLimits | toJson) | sha256sum | trunc 16 }}
{{- end -}}

{{/* Lines `namespace runtime dataset workers version` of all that the hub may run; none while it may run nothing. */}}
{{- define "tributary-member.offers" -}}
{{- $lines := list -}}
{{- $seen := list -}}
{{- if and .Values.hub.enabled .Values.gate.caCertificate -}}
{{- range $runtime := .Values.runtimes -}}
{{- range $namespace := include "tributary-member.runtimeNamespaces" (dict "root" $ "runtime" $runtime) | fromJsonArray -}}
{{- $offer := printf "%s %s %s" $namespace $runtime.name ($runtime.dataset | default "-") -}}
{{- if has $offer $seen }}{{ fail (printf "runtimes: %s is listed twice (namespace, runtime, data set)" $offer) }}{{ end -}}
{{- $seen = append $seen $offer -}}
{{- $version := include "tributary-member.runtimeVersion" (dict "root" $ "runtime" $runtime) -}}
{{- $lines = append $lines (printf "%s %d %s" $offer ($runtime.maxWorkers | default 256 | int) $version) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ join "\n" $lines }}
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
The gate's host, as it stands before a port, for pods that resolve no names: the address of its Service, as the values fix it or as
the cluster gave it at the first install.
*/}}
{{- define "tributary-member.gateHost" -}}
{{- $address := .Values.gate.clusterIP -}}
{{- if not $address -}}
{{- $service := lookup "v1" "Service" .Release.Namespace (include "tributary-member.gate" .) -}}
{{- $address = dig "spec" "clusterIP" "" $service -}}
{{- end -}}
{{- if not $address -}}
{{- fail "the gate's Service has no address yet: install without gate.caCertificate first, or fix gate.clusterIP" -}}
{{- end -}}
{{- if contains ":" $address }}[{{ $address }}]{{ else }}{{ $address }}{{ end -}}
{{- end -}}

{{/*
Size of the claim with the gate's state: that of the values, else what a claim that is there asks for, since few storage classes let one
grow and none lets it shrink. Where charts are rendered away from the cluster nobody knows of a claim.
*/}}
{{- define "tributary-member.stateVolumeSize" -}}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (printf "%s-state" (include "tributary-member.gate" .)) -}}
{{ .Values.gate.state.volumeSize | default (dig "spec" "resources" "requests" "storage" "1Gi" $claim) }}
{{- end -}}

{{/* JSON of a rotation's wishes. A CA in a Secret is not the gate's to rotate: it could not write what it made. */}}
{{- define "tributary-member.caRotation" -}}
{{- $rotation := .Values.gate.ca.rotation -}}
{{- if and .Values.gate.ca.existingSecret (or $rotation.rotate $rotation.use $rotation.retire) -}}
{{- fail (printf "gate.ca.rotation must be empty with gate.ca.existingSecret: put the next CA into Secret %s and the present one's certificate into gate.ca.formerCertificates" .Values.gate.ca.existingSecret) -}}
{{- end -}}
{{ $rotation | toJson }}
{{- end -}}

{{/* A binding of the policy that keeps the hub to the job namespaces, under one of its two names. */}}
{{- define "tributary-member.nowhereElseBinding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels: {{- include "tributary-member.labels" .root | nindent 4 }}
spec:
  policyName: tributary-hub-writes-nowhere-else
  validationActions: [Deny]
  matchResources:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values: {{ include "tributary-member.jobNamespaces" .root }}
{{- end -}}
