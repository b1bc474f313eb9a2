output "name" {
  description = "Name of the bucket, known once it exists."
  value       = google_storage_bucket.this.name
}

output "url" {
  description = "The bucket as `gs://name`."
  value       = "gs://${google_storage_bucket.this.name}"
}
