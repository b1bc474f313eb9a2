output "airflow_uri" {
  description = "Address of the Airflow web server."
  value       = module.platform.airflow_uri
}

output "workload_identity_provider" {
  description = "What the auth action takes as workload-identity-provider."
  value       = module.platform.workload_identity_provider
}
