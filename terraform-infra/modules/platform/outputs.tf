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

output "subnetwork" {
  description = "Full path of the subnet that batches run in; null: the region's subnet of the network `default`."
  value       = local.subnet_path
}

output "project" {
  description = "The environment's project."
  value       = local.environment.project
}

output "channel" {
  description = "The notification channel, for alerts of your own."
  value       = module.monitoring.channel
}

output "budget" {
  description = "What the module `budget` makes of environment.yaml; null: no budget."
  value = local.environment.budget.billingAccount == "none" ? null : {
    billing_account = local.environment.budget.billingAccount
    project_number  = local.environment.projectNumber
    currency        = local.environment.budget.currency
    monthly_amount  = local.environment.budget.monthlyAmount
  }
}
