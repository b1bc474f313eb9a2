# Enables the APIs of the platform and lets nobody use them before they answer; it never disables one.

resource "google_project_service" "this" {
  for_each = var.services

  project = var.project
  service = each.value

  # Another system of the project may need it too.
  disable_on_destroy         = false
  disable_dependent_services = false
}

# The API answers "not used before or disabled" for a while after it is enabled. Only new services wait; without a provider of its own, the wait is a process.
resource "terraform_data" "settled" {
  triggers_replace = sort([for service in google_project_service.this : service.service])

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = "sleep ${var.settle_seconds}"
  }
}
