output "dataset_id" {
  description = "Name of the dataset, known once it exists."
  value       = google_bigquery_dataset.this.dataset_id
}
