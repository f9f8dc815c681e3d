"""Peer (d): the way of a Python Lambda with Polars. It reads the object whole, filters, casts and writes CSV.

The benchmark starts it like its other cases, and sends events over Node's channel: lines of JSON.
"""

import gzip
import json
import os
import resource
import socket
import time

import polars as pl


def handler(event, _context):
    with gzip.open(event["source"]) as file:
        frame = pl.read_ndjson(file.read())
    frame = (
        frame.select(
            pl.col("customer_id").cast(pl.Int64),
            pl.col("order_id").cast(pl.Int64),
            pl.col("amount").cast(pl.Decimal(18, 2)),
            pl.col("order_date").str.to_date("%Y-%m-%d"),
        )
        .drop_nulls()
        .filter(pl.col("amount") > 0)
    )
    frame.write_csv(event["target"])
    return {"rows": frame.height}


if __name__ == "__main__":
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"])).makefile("rw")
    for line in channel:
        cpu, begin = time.process_time(), time.perf_counter()
        facts = handler(json.loads(json.loads(line)["input"]), None)
        answer = {
            "milliseconds": (time.perf_counter() - begin) * 1000,
            "cpuMilliseconds": (time.process_time() - cpu) * 1000,
            "peakMib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "facts": facts,
            "profile": [],
        }
        channel.write(json.dumps(answer) + "\n")
        channel.flush()
