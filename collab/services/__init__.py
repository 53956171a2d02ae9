"""Files and processes: runs, training jobs, downloads, what people rated. Knows no Streamlit."""
