# Members and roles are spelt out, not read from the resources that make them, so that a plan from nothing shows them; hence the depends_on.

resource "google_project_iam_member" "this" {
  for_each = { for key, grant in local.grants : key => grant if grant.kind == "project" }

  project = each.value.name
  role    = each.value.role
  member  = each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title       = condition.value.title
      description = try(condition.value.description, null)
      expression  = condition.value.expression
    }
  }

  depends_on = [google_service_account.identity, google_project_iam_custom_role.this]
}

resource "google_storage_bucket_iam_member" "this" {
  for_each = { for key, grant in local.grants : key => grant if grant.kind == "bucket" }

  bucket = each.value.name
  role   = each.value.role
  member = each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title       = condition.value.title
      description = try(condition.value.description, null)
      expression  = condition.value.expression
    }
  }

  depends_on = [google_service_account.identity, google_project_iam_custom_role.this]
}

# google_bigquery_dataset_iam_* rewrites the whole list from the policy it read, and a policy has no place for authorized views: it removes those of publish-views.
# google_bigquery_dataset_access adds and removes one entry. BigQuery answers with the legacy names, so those are written: else every plan shows a change.
resource "google_bigquery_dataset_access" "this" {
  for_each = { for key, grant in local.grants : key => grant if grant.kind == "dataset" }

  project    = var.environment.project
  dataset_id = each.value.name
  role = lookup({
    "roles/bigquery.dataOwner"  = "OWNER"
    "roles/bigquery.dataEditor" = "WRITER"
    "roles/bigquery.dataViewer" = "READER"
  }, each.value.role, each.value.role)
  user_by_email = startswith(each.value.member, "serviceAccount:") ? trimprefix(each.value.member, "serviceAccount:") : null
  iam_member    = startswith(each.value.member, "serviceAccount:") ? null : each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title       = condition.value.title
      description = try(condition.value.description, null)
      expression  = condition.value.expression
    }
  }

  depends_on = [google_service_account.identity, google_project_iam_custom_role.this]
}

resource "google_service_account_iam_member" "this" {
  for_each = { for key, grant in local.grants : key => grant if grant.kind == "serviceAccount" }

  service_account_id = "projects/${var.environment.project}/serviceAccounts/${each.value.name}"
  role               = each.value.role
  member             = each.value.member

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title       = condition.value.title
      description = try(condition.value.description, null)
      expression  = condition.value.expression
    }
  }

  depends_on = [google_service_account.identity, google_project_iam_custom_role.this]
}
