output "service_accounts" {
  description = "E-mail of each identity, known once all grants are made."
  value       = { for name in keys(local.access.identities) : name => var.environment.serviceAccounts[name] }

  precondition {
    condition     = length(local.grants) == sum([for list in local.bindings : sum([for binding in list : length(binding.members)])])
    error_message = "access.yaml gives one role twice to one member on one resource: join the two bindings, or give their conditions different titles."
  }
  depends_on = [
    google_project_iam_member.this,
    google_storage_bucket_iam_member.this,
    google_bigquery_dataset_access.this,
    google_service_account_iam_member.this,
  ]
}

output "workload_identity" {
  description = "The block `workloadIdentity` of access.yaml, filled in, for the module wif_github."
  value       = local.access.workloadIdentity
}
