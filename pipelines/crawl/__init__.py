"""Discovers and fetches repositories from GitHub; a build reads them with the source `github`.

    crawl         the whole crawl, from a recipe to a folder
    discovery     finds repositories              (query_slices, repository)
    scheduler     fetches all of them             (resolve, fetch_jobs, backoff)
    download      fetches one archive, on a worker (archive_validation)
    client        requests with a token           (responses, rate_limits, transport)
    state         the progress of the crawl, in SQLite
    progress      the terminal display

Only `graph` imports Beam: it runs the downloads on one of Beam's runners.
"""
