// Retries requests while the server is away, so that no drawing is lost: after a failed request Gradio would reload the page.
// Dispatches four events on window: `connection` ("lost" or "back"), `rejected` or `unanswered` with the HTTP status if a page, or a
// drawing or picture, gets no answer, and `interrupted` if the connection breaks on which the answer to a page comes. Gradio reports these
// to no component.
(() => {
  const RETRY_AFTER = 1000; // ms
  const fetchOriginal = window.fetch;
  let lost = false;

  const report = (now) => {
    if (now === lost) return;
    lost = now;
    window.dispatchEvent(new CustomEvent("connection", { detail: lost ? "lost" : "back" }));
  };

  // Gradio sends every event to /run/predict with its number, followed by the query of the page's address. Sent to its name instead, a drawing
  // takes the route of server/http/draw_route.py.
  const named = (address, body) => {
    const number = Number(/"fn_index":(\d+)/.exec(body)?.[1]);
    const name = window.gradio_config?.dependencies.find(({ id }) => id === number)?.api_name;
    return name ? address.replace(/\/run\/predict(?=\?|$)/, `/run/${name}`) : address;
  };

  // The stream of answers, passed on while it is watched: it breaks with a TypeError, and ends in other ways if the page closes it.
  const watched = async (resource, options) => {
    const reply = await fetchOriginal(resource, options);
    if (!reply.body) return reply;
    const { readable, writable } = new TransformStream();
    reply.body.pipeTo(writable).catch((error) => error instanceof TypeError && window.dispatchEvent(new CustomEvent("interrupted")));
    return new Response(readable, { status: reply.status, statusText: reply.statusText, headers: reply.headers });
  };

  window.fetch = async (resource, options) => {
    if (String(resource?.url ?? resource).includes("/gradio_api/queue/data")) return watched(resource, options);
    const address = options?.method === "POST" ? String(resource) : "";
    const joins = address.includes("/gradio_api/queue/join");
    if (!joins && !address.includes("/gradio_api/run/")) return fetchOriginal(resource, options);
    const starting = joins ? [502, 504] : [502, 503, 504]; // from a proxy while the server starts; a full queue is 503 too
    for (;;) {
      try {
        const reply = await fetchOriginal(joins ? resource : named(address, options.body), options);
        const away = starting.includes(reply.status);
        report(away);
        if (!away && !reply.ok) window.dispatchEvent(new CustomEvent(joins ? "rejected" : "unanswered", { detail: reply.status }));
        if (!away) return reply;
      } catch (error) {
        if (error.name === "AbortError") throw error;
        report(true);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    }
  };
})();
