{{/* Name of the chart, as labels carry it. */}}
{{- define "clara-workflow.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of the Job: <release>-clara-workflow. */}}
{{- define "clara-workflow.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "clara-workflow.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "clara-workflow.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "clara-workflow.labels" -}}
app.kubernetes.io/name: {{ include "clara-workflow.name" . | quote }}
helm.sh/chart: {{ include "clara-workflow.chart" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
clara.nvidia.com/job-id: {{ .Values.job.id | quote }}
{{- end -}}

{{/* Folders of the payload that the active workflow hands over in, as JSON. The dot is the chart's values. */}}
{{- define "clara-workflow.ioFolders" -}}
{{- $activeStages := index .workflows .workflow.id -}}
{{- if $activeStages.ioFolders -}}
{{- toJson $activeStages.ioFolders -}}
{{- else -}}
{{- $folders := list (printf "%s/input" (first $activeStages.stages)) -}}
{{- range $activeStages.stages -}}{{- $folders = append $folders (printf "%s/output" .) -}}{{- end -}}
{{- toJson $folders -}}
{{- end -}}
{{- end -}}

{{/* Fails with one sentence where the values cannot make a Job. */}}
{{- define "clara-workflow.check" -}}
{{- $values := .Values -}}
{{- $id := $values.workflow.id -}}
{{- if not (hasKey $values.workflows $id) -}}
{{- fail (printf "workflow.id: there is no workflow %q (there are: %s)" $id (keys $values.workflows | sortAlpha | join ", ")) -}}
{{- end -}}
{{- if not (regexMatch "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$" $values.job.id) -}}
{{- fail (printf "job.id: %q is not a UUID" $values.job.id) -}}
{{- end -}}
{{- $workflow := index $values.workflows $id -}}
{{- $count := len $workflow.stages -}}
{{- if ne $count (len $workflow.waitLocks) -}}
{{- fail (printf "the workflow %q has %d stages and %d waitLocks" $id $count (len $workflow.waitLocks)) -}}
{{- end -}}
{{- if ne $count (len $workflow.args) -}}
{{- fail (printf "the workflow %q has %d stages and %d args" $id $count (len $workflow.args)) -}}
{{- end -}}
{{- if and $workflow.ioFolders (ne (add1 $count) (len $workflow.ioFolders | int64)) -}}
{{- fail (printf "the workflow %q has %d stages and %d ioFolders; there must be one more" $id $count (len $workflow.ioFolders)) -}}
{{- end -}}
{{- range $workflow.stages -}}
{{- if not (hasKey $values.stages .) -}}
{{- fail (printf "the workflow %q has a stage %q, which does not exist" $id .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
