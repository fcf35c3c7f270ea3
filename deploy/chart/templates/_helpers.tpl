{{- define "wondernest.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{ include "wondernest.selector" . }}
{{- end }}

{{- define "wondernest.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* The variables of a component: the chart's, everybody's, the component's; then the secrets by reference. */}}
{{- define "wondernest.environment" -}}
{{- $secrets := .root.Values.secrets }}
{{- $secret := required "secrets.name: the name of the Secret with the secret variables" $secrets.name }}
{{- $all := dict "SHUTDOWN_GRACE_S" (.root.Values.stop.graceSeconds | toString) }}
{{- $all = mergeOverwrite $all (deepCopy .root.Values.environment) (deepCopy .own) }}
{{- range $name := list "PUBLIC_BASE_URL" "SMTP_HOST" }}
{{- $_ := required (printf "environment.%s: has to be set" $name) (get $all $name) }}
{{- end }}
{{- if eq (get $all "STORAGE_PROVIDER") "local" }}
{{- fail "environment.STORAGE_PROVIDER: a folder is one pod's; use s3 or minio" }}
{{- end }}
{{- range $name, $value := $all }}
{{- if has $name (concat $secrets.required $secrets.optional) }}
{{- fail (printf "environment.%s: is a secret; put it into the Secret %s" $name $secret) }}
{{- end }}
{{- if ne (toString $value) "" }}
- name: {{ $name }}
  value: {{ toString $value | quote }}
{{- end }}
{{- end }}
{{- range $name := $secrets.required }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $name }}
{{- end }}
{{- range $name := $secrets.optional }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $name }}
      optional: true
{{- end }}
{{- end }}

{{- /* What every pod has: the image's user, no rights, no Kubernetes token, a temporary folder. */}}
{{- define "wondernest.pod" -}}
# A Service named `redis` would otherwise set REDIS_PORT to an address.
enableServiceLinks: false
automountServiceAccountToken: false
{{- with .root.Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: temporary
    emptyDir:
      sizeLimit: {{ .root.Values.temporary.sizeLimit }}
{{- end }}

{{- define "wondernest.container" -}}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  {{- include "wondernest.environment" . | trim | nindent 2 }}
resources:
  {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - name: temporary
    mountPath: /tmp
{{- end }}

{{- /* A Deployment of `serve`. */}}
{{- define "wondernest.deployment" -}}
{{- $stop := .root.Values.stop -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "wondernest.labels" . | nindent 4 }}
spec:
  {{- if not .scaled }}
  replicas: {{ .replicas }}
  {{- end }}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "wondernest.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "wondernest.labels" . | nindent 8 }}
      {{- with .root.Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "wondernest.pod" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ add $stop.waitSeconds $stop.graceSeconds $stop.marginSeconds }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "wondernest.selector" . | nindent 14 }}
      containers:
        - name: {{ .component }}
          args: [serve]
          {{- include "wondernest.container" . | nindent 10 }}
          ports:
            - name: http
              containerPort: 8082
          # 503 until the schema is complete: at most five minutes.
          startupProbe:
            httpGet: { path: /health/startup, port: http }
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 150
          livenessProbe:
            httpGet: { path: /health/live, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /health/ready, port: http }
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $stop.waitSeconds }}
{{- end }}
