"""Many pages at once: files, folders and IIIF manifests -> page files and Parquet, on a pool of processes or on Ray Data."""
