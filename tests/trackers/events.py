"""What the real TensorBoard reads in a folder of event files, as JSON: `python events.py LOGDIR`.

Scalars, texts and pictures through EventAccumulator, the table of hyperparameters through the plug-in's own backend.
"""

import json
import os
import sys

from tensorboard import context as request_context
from tensorboard.backend.event_processing import data_provider, event_accumulator, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
from tensorboard.util import tensor_util

ALL = {kind: 0 for kind in ("scalars", "images", "tensors", "histograms", "audio", "compressedHistograms")}


def run(path):
    events = event_accumulator.EventAccumulator(path, size_guidance=ALL)
    events.Reload()
    tags = events.Tags()
    scalars = {
        tag: [[e.step, e.wall_time, None if e.value != e.value else e.value] for e in events.Scalars(tag)]
        for tag in tags["scalars"]
    }
    texts, images = {}, {}
    for tag in tags["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        for event in events.Tensors(tag):
            values = tensor_util.make_ndarray(event.tensor_proto)
            if plugin == "text":
                texts.setdefault(tag, []).append([event.step, [v.decode() for v in values]])
            elif plugin == "images":
                width, height, *files = values
                png = all(f.startswith(b"\x89PNG") for f in files)
                size = [int(width), int(height)]
                images.setdefault(tag, []).append([event.step, size, len(files), png])
    return {"scalars": scalars, "texts": texts, "images": images}


def hparams(logdir):
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(logdir)
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, logdir)
    context = backend_context.Context(base_plugin.TBContext(logdir=logdir, data_provider=provider))
    ctx = request_context.RequestContext()
    experiment = context.experiment_from_metadata(ctx, "", True, context.hparams_metadata(ctx, ""), [])
    wanted = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING],
        include_metrics=True,
    )
    handler = list_session_groups.Handler(ctx, context, "", wanted)
    groups = handler.run().session_groups
    rows = []
    for group in groups:
        values = {name: getattr(v, v.WhichOneof("kind")) for name, v in group.hparams.items()}
        metrics = {m.name.tag: m.value for m in group.metric_values}
        status = [api_pb2.Status.Name(s.status) for s in group.sessions]
        rows.append({"name": group.name, "values": values, "metrics": metrics, "status": status})
    return {"names": sorted(i.name for i in experiment.hparam_infos), "rows": rows}


logdir = sys.argv[1]
runs = {name: run(os.path.join(logdir, name)) for name in sorted(os.listdir(logdir))}
print(json.dumps({"runs": runs, "hparams": hparams(logdir)}))
