"""What the server adds to Gradio's HTTP application: routes, middleware, the direct route for drawings."""
