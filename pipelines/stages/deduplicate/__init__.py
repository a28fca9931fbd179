"""Exact and near duplicates: from content ids and sketches to the files that stay."""
