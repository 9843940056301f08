{{- /* The pod of a worker: the trainer, and the sidecar as a native sidecar, which starts first and ends last. */ -}}
{{- define "tributary-member.workerPod" -}}
{{- $values := .root.Values -}}
{{- $runtime := .runtime -}}
{{- $dataset := "/var/lib/tributary/dataset" -}}
{{- $gate := include "tributary-member.gate" .root -}}
{{- $gateHost := include "tributary-member.gateHost" .root -}}
restartPolicy: Never
serviceAccountName: {{ $values.worker.serviceAccount.name }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 30
# A worker resolves no names, so nothing leaves through DNS; hence the gate's address is one, not a name.
dnsPolicy: None
dnsConfig: { nameservers: [127.0.0.1] }
{{- with $runtime.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $runtime.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $runtime.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with $runtime.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext: {{- include "tributary-member.podSecurity" .root | nindent 2 }}
initContainers:
  - name: sidecar
    image: {{ include "tributary-member.dataplaneImage" .root }}
    imagePullPolicy: {{ $values.dataplaneImage.pullPolicy }}
    args: [sidecar]
    restartPolicy: Always
    env:
      - { name: TRIBUTARY_GATE_ADDRESS, value: {{ printf "%s:8445" $gateHost | quote }} }
      # Where the sidecar asks about each round, once it is enrolled.
      - { name: TRIBUTARY_GATE_WORKER_ADDRESS, value: {{ printf "%s:8446" $gateHost | quote }} }
      - { name: TRIBUTARY_GATE_SERVER_NAME, value: {{ $gate }}.{{ .root.Release.Namespace }}.svc }
      - { name: TRIBUTARY_GATE_CA_PEM, value: {{ $values.gate.caCertificate | quote }} }
      - { name: TRIBUTARY_WORKER_CONFIG, value: /etc/tributary/worker/worker.json }
      - { name: TRIBUTARY_TOKEN_PATH, value: /var/run/secrets/tributary/token }
      - { name: TRIBUTARY_MEMORY_DIR, value: /var/run/tributary/memory }
      - { name: TRIBUTARY_VOLUME_DIR, value: /var/run/tributary/volume }
      - { name: TRIBUTARY_TRAINER_SOCKET, value: /var/run/tributary/volume/trainer.sock }
      {{- if $runtime.dataset }}
      - { name: TRIBUTARY_DATASET_PATH, value: {{ $dataset }} }
      {{- end }}
      - { name: TRIBUTARY_IMAGE, value: {{ include "tributary-member.dataplaneImage" .root | quote }} }
    ports:
      - { name: health, containerPort: 9091, protocol: TCP }
    # The trainer starts when the sidecar lives, so its first dial finds the socket.
    startupProbe:
      httpGet: { path: /healthz, port: health }
      periodSeconds: 1
      timeoutSeconds: 2
      failureThreshold: 120
    livenessProbe:
      httpGet: { path: /healthz, port: health }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    resources: {{- toYaml $values.sidecar.resources | nindent 6 }}
    securityContext: {{- include "tributary-member.containerSecurity" .root | nindent 6 }}
    volumeMounts:
      - { name: tributary-parameters, mountPath: /etc/tributary/worker, readOnly: true }
      - { name: tributary-token, mountPath: /var/run/secrets/tributary, readOnly: true }
      - { name: tributary-memory, mountPath: /var/run/tributary/memory }
      - { name: tributary-volume, mountPath: /var/run/tributary/volume }
containers:
  - name: trainer
    image: {{ include "tributary-member.image" (dict "path" (printf "trainer.image of runtime %s" $runtime.name) "image" $runtime.trainer.image) }}
    imagePullPolicy: {{ $runtime.trainer.image.pullPolicy | default "IfNotPresent" }}
    {{- with $runtime.trainer.command }}
    command: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $runtime.trainer.args }}
    args: {{- toYaml . | nindent 6 }}
    {{- end }}
    env:
      - { name: TRIBUTARY_TRAINER_SOCKET, value: /var/run/tributary/volume/trainer.sock }
      {{- range $name, $value := $runtime.trainer.env }}
      - { name: {{ $name }}, value: {{ $value | quote }} }
      {{- end }}
    resources: {{- toYaml ($runtime.trainer.resources | default dict) | nindent 6 }}
    securityContext: {{- include "tributary-member.containerSecurity" .root | nindent 6 }}
    volumeMounts:
      - { name: tributary-volume, mountPath: /var/run/tributary/volume }
      - { name: tmp, mountPath: /tmp }
      {{- if $runtime.claimName }}
      - name: dataset
        mountPath: {{ $dataset }}
        readOnly: true
        {{- with $runtime.subPath }}
        subPath: {{ . }}
        {{- end }}
      {{- end }}
volumes:
  # The one volume that the hub points elsewhere: at the ConfigMap of its job.
  - name: tributary-parameters
    configMap: { name: tributary-parameters }
  # Only the sidecar shows itself to the gate; the trainer has no token.
  - name: tributary-token
    projected:
      sources:
        - serviceAccountToken: { audience: tributary, expirationSeconds: 3600, path: token }
  - name: tributary-memory
    emptyDir: { medium: Memory, sizeLimit: {{ $values.sidecar.memoryDirectorySize }} }
  - name: tributary-volume
    emptyDir: { medium: {{ $runtime.volumeMedium | default "" | quote }}, sizeLimit: {{ $runtime.volumeSize | default "8Gi" }} }
  - name: tmp
    emptyDir: { sizeLimit: 1Gi }
  {{- with $runtime.claimName }}
  - name: dataset
    persistentVolumeClaim: { claimName: {{ . }}, readOnly: true }
  {{- end }}
{{- end -}}
