# The page on any machine with Docker: docker build -t kuzushiji . && docker run -p 7860:7860 kuzushiji
FROM python:3.11-slim

# What is installed: the light engine for CPUs, or requirements.txt, with PyTorch for a GPU: --build-arg REQUIREMENTS=requirements.txt
ARG REQUIREMENTS=requirements-light.txt

RUN useradd --create-home reader
WORKDIR /home/reader/app
COPY requirements.txt requirements-light.txt ./
RUN pip install --no-cache-dir -r "$REQUIREMENTS"
COPY --chown=reader app.py README.md ./
COPY --chown=reader assets assets
COPY --chown=reader corrections corrections
COPY --chown=reader kmnist_model kmnist_model
COPY --chown=reader server server
COPY --chown=reader ui ui

USER reader
ENV HOST=0.0.0.0 PORT=7860 PYTHONUNBUFFERED=1
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"KUZUSHIJI_PORT\") or os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["python", "app.py"]
