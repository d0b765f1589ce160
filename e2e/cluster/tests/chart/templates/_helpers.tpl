{{- define "probe.pod" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 10
securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
{{- end -}}

{{- define "probe.container" -}}
image: {{ .Values.image }}
imagePullPolicy: Never
securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
{{- end -}}
