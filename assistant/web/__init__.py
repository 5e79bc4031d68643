"""The page: a Gradio app inside a FastAPI parent of ours."""
