"""Files that lie elsewhere: object stores, the hub, the web. Imported only for paths with a scheme.

A place is a path of this machine or a URL (`urls`). A store looks, lists, reads ranges and writes
(`stores`: `buckets` through fsspec, `hdfs`, `web` by HTTP); every call goes through `faults`, which
retries what may pass. `files` reads a remote file in ranges, ahead of its reader; `scratch` keeps
whole files on this machine's disk for as long as they are of use.
"""
