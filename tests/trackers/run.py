"""What a tracking server has of the runs of an experiment, through MLflow's own client: `python run.py URL EXPERIMENT`."""

import json
import sys

from mlflow.tracking import MlflowClient

client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name(sys.argv[2])
found = []
for run in client.search_runs([experiment.experiment_id]):
    history = {
        key: sorted([m.step, m.value, m.timestamp] for m in client.get_metric_history(run.info.run_id, key))
        for key in run.data.metrics
    }
    files, folders = [], [None]
    while folders:
        for entry in client.list_artifacts(run.info.run_id, folders.pop()):
            folders.append(entry.path) if entry.is_dir else files.append(entry.path)
    config = ""
    if "config.toml" in files:
        with open(client.download_artifacts(run.info.run_id, "config.toml")) as file:
            config = file.read()
    found.append(
        {
            "name": run.info.run_name,
            "status": run.info.status,
            "metrics": history,
            "parameters": run.data.params,
            "tags": run.data.tags,
            "files": sorted(files),
            "config": config,
        }
    )
print(json.dumps(sorted(found, key=lambda run: run["name"])))
