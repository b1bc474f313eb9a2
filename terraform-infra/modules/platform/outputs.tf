output "airflow_uri" {
  description = "Address of the Airflow web server."
  value       = module.composer.airflow_uri
}

output "workload_identity_provider" {
  description = "What the auth action takes as workload-identity-provider."
  value       = module.github.provider_name
}

output "service_accounts" {
  description = "E-mail of each identity of access.yaml."
  value       = module.iam.service_accounts
}

output "images" {
  description = "What an image's name starts with."
  value       = module.images.host_path
}
