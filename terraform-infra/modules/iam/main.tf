# Makes the identities, custom roles and grants of access.yaml, each grant by itself; it takes nothing away that it did not give.

locals {
  access = yamldecode(templatefile(var.access_file, var.environment))

  role_of = { for role in distinct(flatten([for list in local.access.bindings : [for binding in list : binding.role]])) :
    role => replace(role, "/^customRoles\\//", "projects/${var.environment.project}/roles/")
  }
  names = {
    bucket         = var.environment.buckets
    dataset        = var.environment.datasets
    serviceAccount = var.environment.serviceAccounts
  }

  # The bucket of the state lies in another project, where the operator grants by hand: Terraform neither reads nor changes who reaches its own state.
  bindings = { for resource, list in local.access.bindings : resource => list if resource != "bucket/state" }

  # One grant: one role for one member on one resource, under at most one condition.
  grants = merge([
    for resource, list in local.bindings : merge([
      for binding in list : {
        for member in binding.members : join(" ", compact([resource, binding.role, member, try(binding.condition.title, "")])) => {
          kind      = split("/", resource)[0]
          name      = resource == "project" ? var.environment.project : local.names[split("/", resource)[0]][split("/", resource)[1]]
          role      = local.role_of[binding.role]
          member    = strcontains(member, ":") ? member : "serviceAccount:${var.environment.serviceAccounts[member]}"
          condition = try(binding.condition, null)
        }
      }
    ]...)
  ]...)
}

resource "google_service_account" "identity" {
  for_each = local.access.identities

  project      = var.environment.project
  account_id   = split("@", var.environment.serviceAccounts[each.key])[0]
  display_name = "Clickstream ${each.key}"
  description  = each.value.description
}

resource "google_project_iam_custom_role" "this" {
  for_each = local.access.customRoles

  project     = var.environment.project
  role_id     = each.key
  title       = each.value.title
  description = try(each.value.description, null)
  permissions = each.value.permissions
}
