"""Every method of NVIDIA's client that works against a conforming platform (platform-api 4.2), and its errors.

Usage: methods.py HOST PORT DEFINITION FOLDER, prints one JSON object, and stops the platform at the end.
"""
import datetime
import io
import json
import os
import sys

from nvidia_clara.clara_client import ClaraClient
from nvidia_clara.jobs_client import JobsClient
from nvidia_clara.models_client import ModelsClient
from nvidia_clara.payloads_client import PayloadsClient
from nvidia_clara.pipelines_client import PipelinesClient
import nvidia_clara.job_types as job_types
import nvidia_clara.model_types as model_types
import nvidia_clara.payload_types as payload_types
import nvidia_clara.pipeline_types as pipeline_types

host, port, definition_path, folder = sys.argv[1:]
result = {}


def error(call, *args, **kwargs):
    """The text of the exception that a call ends with."""
    try:
        call(*args, **kwargs)
    except Exception as thrown:
        return f"{type(thrown).__name__}: {thrown}"
    return None


with open(definition_path) as file:
    text = file.read()


def definition(content=text):
    return [pipeline_types.PipelineDefinition(name="./pipeline.yaml", content=content)]


clara = ClaraClient(target=host, port=port)
version = clara.version()
result["version"] = [version.major, version.minor, version.patch, version.label]


def gpus(details):
    return [[gpu.pcie_id, round(gpu.compute_utilization, 2), gpu.memory_free, gpu.memory_used, round(gpu.memory_utilization, 2),
             gpu.timestamp is not None, [[process.name, process.job_id.value if process.job_id else None] for process in gpu.process_details]]
            for gpu in details.gpu_metrics]


with PipelinesClient(target=host, port=port) as pipelines, JobsClient(target=host, port=port) as jobs, \
        PayloadsClient(target=host, port=port) as payloads, ModelsClient(target=host, port=port) as models:
    # Pipelines
    pipeline_id = pipelines.create_pipeline(definition=definition(), metadata={"Site": "north"})
    forced = pipelines.create_pipeline(definition=definition(), pipeline_id=pipeline_types.PipelineId("ABCDEF0123456789abcdef0123456789"))
    result["forced_id"] = forced.value
    result["forced_twice"] = error(pipelines.create_pipeline, definition=definition(), pipeline_id=forced)
    result["pipelines"] = [[info.pipeline_id.value in (pipeline_id.value, forced.value), info.name, dict(info.metadata)] for info in pipelines.list_pipelines()]
    details = pipelines.pipeline_details(pipeline_id)
    result["pipeline_details"] = [details.name, details.pipeline_id.value == pipeline_id.value, dict(details.metadata),
                                  [[part.name, part.content.path, part.content.content == text] for part in details.definition]]
    pipelines.update_pipeline(pipeline_id, definition(text.replace("name: python", "name: renamed")))
    result["updated"] = pipelines.pipeline_details(pipeline_id).name
    result["pipeline_metadata"] = [dict(pipelines.add_metadata(pipeline_id, {"a": "1"})), dict(pipelines.remove_metadata(pipeline_id, ["A"]))]
    result["bad_definition"] = error(pipelines.create_pipeline, definition=definition("operators: ["))
    result["no_definition"] = error(pipelines.create_pipeline, definition=[])
    pipelines.remove_pipeline(forced)
    result["removed"] = error(pipelines.pipeline_details, forced)
    result["bad_id"] = error(pipelines.pipeline_details, pipeline_types.PipelineId("nonsense"))

    # Payloads
    reusable = payloads.create_payload(metadata={"Study": "1"})
    result["payload_type"] = reusable.payload_type
    stored = payloads.upload(reusable.payload_id, "./test/new_blob.dcm", file_object=io.BytesIO(b"x" * 200_000))
    result["uploaded"] = [stored.name, stored.size, stored.mode]
    payloads.upload(reusable.payload_id, "other", file_object=io.BytesIO(b"other"))
    result["empty_upload"] = error(payloads.upload, reusable.payload_id, "empty", file_object=io.BytesIO(b""))
    payload = payloads.get_details(reusable.payload_id)
    result["payload_details"] = [payload.payload_id.value == reusable.payload_id.value, payload.payload_type, dict(payload.metadata),
                                 sorted([file.name, file.size] for file in payload.file_details)]
    target = io.BytesIO()
    got = payloads.download_from(reusable.payload_id, "/test/NEW_BLOB.dcm", target)
    result["downloaded"] = [got.name, got.size, target.getvalue() == b"x" * 200_000]
    result["missing_file"] = error(payloads.download_from, reusable.payload_id, "nothing", io.BytesIO())
    payloads.remove_from(reusable.payload_id, "./test/new_blob.dcm")
    result["payload_metadata"] = [dict(payloads.add_metadata(reusable.payload_id, {"b": "2"})), dict(payloads.remove_metadata(reusable.payload_id, ["study"]))]
    result["metadata_twice"] = error(payloads.add_metadata, reusable.payload_id, {"B": "3"})

    # Jobs
    job = jobs.create_job(pipeline_id=pipeline_id, job_name="test job", job_priority=job_types.JobPriority.Higher,
                          input_payloads=[reusable.payload_id], metadata={"Source": "AET"})
    result["input"] = [file.name for file in payloads.get_details(job.payload_id).file_details]
    result["job_metadata"] = [dict(jobs.add_metadata(job.job_id, {"Instances": "3"})), dict(jobs.remove_metadata(job.job_id, ["instances"]))]
    result["payload_of_job_metadata"] = error(payloads.add_metadata, job.payload_id, {"x": "y"})
    result["unknown_variable"] = error(jobs.start_job, job.job_id, {"NOPE": "x"})
    started = jobs.start_job(job.job_id, {"GREETING": "hello"})
    result["started"] = [started.job_priority, started.job_status]
    result["started_twice"] = error(jobs.start_job, job.job_id)
    status = jobs.get_status(job.job_id)
    while status.operator_details["greet"]["status"] < 2:
        status = jobs.get_status(job.job_id)
    with open(os.path.join(folder, "running"), "w") as file:
        file.write(job.job_id.value)

    # The operator runs and holds the GPU that the test has made up.
    waiting = os.path.join(folder, "gpus")
    while not os.path.exists(waiting):
        pass
    result["utilization"] = [gpus(entry) for entry in clara.list_utilization()]
    watched = clara.stream_utilization()
    result["watched"] = [gpus(next(watched)), gpus(next(watched))]
    watched.close()

    cancelled = jobs.cancel_job(job.job_id, reason="no longer needed")
    result["cancelled"] = [cancelled.job_id.value == job.job_id.value, cancelled.job_state, cancelled.job_status]
    result["cancelled_twice"] = error(jobs.cancel_job, job.job_id)
    status = jobs.get_status(job.job_id)
    result["status"] = [status.name, status.job_priority, status.job_state, status.job_status, dict(status.metadata), len(status.messages) > 0]
    result["logs"] = jobs.job_logs(job.job_id, "greet")
    result["manager_logs"] = jobs.job_logs(job.job_id, "clara-pod-manager")[-1]
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)

    def listed(**criteria):
        return len(jobs.list_jobs(job_types.JobFilter(**criteria)))

    result["list"] = [
        len(jobs.list_jobs()), len(list(jobs.stream_jobs())), listed(has_job_status=[job_types.JobStatus.Healthy]), listed(has_job_status=[job_types.JobStatus.Canceled]),
        listed(has_job_state=[job_types.JobState.Pending, job_types.JobState.Stopped]), listed(created_after=now - hour), listed(created_after=now + hour),
        listed(completed_before=now + hour), listed(completed_before=now - hour), listed(pipeline_ids=[pipeline_id]), listed(pipeline_ids=[forced]),
    ]
    entry = jobs.list_jobs()[0]
    result["listed_job"] = [entry.name, entry.pipeline_id.value == pipeline_id.value, dict(entry.metadata), abs((now - entry.date_created).total_seconds()) < 600]
    result["unknown_job"] = error(jobs.get_status, job_types.JobId("0" * 32))
    result["bad_job_name"] = error(jobs.create_job, pipeline_id=pipeline_id, job_name="a/b")

    payloads.delete_payload(reusable.payload_id)
    result["deleted"] = error(payloads.get_details, reusable.payload_id)

    # Models; the other methods fail inside the client.
    catalog, instance = models.create_catalog(), models.create_instance()
    models.delete_catalog(catalog)
    result["catalog"] = [len(catalog.value), len(instance.value), error(models.delete_catalog, catalog)]
    with open(os.path.join(folder, "model")) as file:
        model_id = model_types.ModelId(file.read())
    result["model_metadata"] = [dict(models.add_metadata(model_id, {"k": "v"})), dict(models.remove_metadata(model_id, ["K"]))]

clara.stop()
print(json.dumps(result))
