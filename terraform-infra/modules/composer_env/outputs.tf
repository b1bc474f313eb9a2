output "name" {
  description = "Name of the environment, known once it runs."
  value       = google_composer_environment.this.name
}

output "airflow_uri" {
  description = "Address of the Airflow web server."
  value       = google_composer_environment.this.config[0].airflow_uri
}
