output "provider_name" {
  description = "What the auth action takes as workload-identity-provider."
  value       = "projects/${var.project_number}/locations/global/workloadIdentityPools/${var.settings.pool}/providers/${var.settings.provider}"
  depends_on  = [google_iam_workload_identity_pool_provider.this]
}

output "principal_prefix" {
  description = "What a principalSet of this pool starts with."
  value       = "principalSet://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${var.settings.pool}"
  depends_on  = [google_iam_workload_identity_pool.this]
}
