"""Pages that libraries publish by IIIF: manifests of version 2 and 3, the Image API, polite downloads."""
