"""Repositories of GitHub, discovered and fetched: what the source `github` of a build reads.

    crawl        the steps in order, from a recipe to a folder
    discovery    which repositories there are     (slicing, facts)
    fetch        all of them to their end         (resolving, orders, retries)
    downloading  a worker's part                  (receiving)
    api          requests with a token            (answers, budgets, transport)
    state        where the crawl stands
    progress     what a person sees

Nothing here knows Beam: `pipelines.crawl.graph` has orders carried out by its runners.
"""
