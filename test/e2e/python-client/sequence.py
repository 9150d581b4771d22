"""The end-to-end sequence of NVIDIA's example (platform-api 4.4): one job from definition to results.

Usage: sequence.py HOST PORT DEFINITION INPUT_FOLDER OUTPUT_FOLDER, prints one JSON object.
"""
import json
import os
import sys

from nvidia_clara.jobs_client import JobsClient
from nvidia_clara.payloads_client import PayloadsClient
from nvidia_clara.pipelines_client import PipelinesClient
import nvidia_clara.pipeline_types as pipeline_types

host, port, definition, inputs, outputs = sys.argv[1:]

jobs = JobsClient(target=host, port=port)
payloads = PayloadsClient(target=host, port=port)
pipelines = PipelinesClient(target=host, port=port)

with open(definition) as file:
    pipeline_id = pipelines.create_pipeline(definition=[pipeline_types.PipelineDefinition(name=definition, content=file.read())])

job = jobs.create_job(job_name="spleenjob", pipeline_id=pipeline_id)

for name in sorted(os.listdir(inputs)):
    with open(os.path.join(inputs, name), "rb") as file:
        payloads.upload(payload_id=job.payload_id, blob_name=name, file_object=file)

listed = jobs.list_jobs()
token = jobs.start_job(job_id=job.job_id)

polls = 0
details = None
while details is None or details.job_state != 3:
    details = jobs.get_status(job_id=job.job_id)
    polls += 1

payload = payloads.get_details(payload_id=job.payload_id)
names = [file.name for file in payload.file_details]
for name in names:
    if name.split("/")[1] == "operators":
        path = os.path.join(outputs, name[1:])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            payloads.download_from(payload_id=job.payload_id, blob_name="." + name, dest_obj=file)

print(json.dumps({
    "listed": [[entry.job_id.value == job.job_id.value, entry.job_state, entry.job_status, entry.name] for entry in listed],
    "started": [token.job_state, token.job_status, token.job_priority],
    "polls": polls,
    "state": details.job_state,
    "status": details.job_status,
    "messages": list(details.messages),
    "dates": [date.isoformat() for date in (details.date_created, details.date_started, details.date_stopped)],
    "operators": {name: operator["status"] for name, operator in details.operator_details.items()},
    "inputs": sorted(name for name in names if name.startswith("/input/")),
    "outputs": sorted(name for name in names if name.startswith("/operators/")),
    "logs": jobs.job_logs(job_id=job.job_id, operator_name="dicom-reader"),
}))
