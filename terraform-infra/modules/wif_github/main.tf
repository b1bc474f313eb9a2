# Lets GitHub's tokens become principals of this project, under the mapping and the condition of access.yaml; it grants nothing by itself.

resource "google_iam_workload_identity_pool" "this" {
  project                   = var.project
  workload_identity_pool_id = var.settings.pool
  display_name              = "GitHub"
  description               = "Workflow runs of one repository; who they may become stands in access.yaml."
  disabled                  = var.settings.poolDisabled
}

resource "google_iam_workload_identity_pool_provider" "this" {
  #checkov:skip=CKV_GCP_125:The condition pins repository_id and repository_owner_id, which cannot be taken over; the check looks for names and for the subject.
  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.this.workload_identity_pool_id
  workload_identity_pool_provider_id = var.settings.provider
  display_name                       = "GitHub Actions"
  disabled                           = var.settings.disabled

  attribute_mapping   = var.settings.attributeMapping
  attribute_condition = var.settings.attributeCondition

  oidc {
    issuer_uri = var.settings.issuer
    # Empty: the provider's own name, which the auth action asks for.
    allowed_audiences = var.settings.allowedAudiences
  }
}
