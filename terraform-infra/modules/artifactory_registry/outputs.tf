output "repository_id" {
  description = "Name of the repository, known once it exists."
  value       = google_artifact_registry_repository.this.repository_id
}

output "host_path" {
  description = "What an image's name starts with: `REGION-docker.pkg.dev/PROJECT/REPOSITORY`."
  value       = "${var.location}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}"
}
