"""Reports of several tables in one file: sectioned reports, Google Analytics and its BigQuery export."""
