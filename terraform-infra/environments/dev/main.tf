# Everything of the environment dev: its names and sizes stand in environment.yaml, who may do what in ../../access.yaml.

terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 8.7.0, < 9.0.0"
    }
  }

  # The bucket is given at init: terraform init -backend-config="bucket=$STATE_BUCKET". Cloud Storage locks the state while somebody applies.
  backend "gcs" {
    prefix = "terraform/dev"
  }
}

# Every resource names its project itself; the module refuses a wrong file with a better sentence than the provider's.
provider "google" {}

module "platform" {
  source = "../../modules/platform"

  folder          = path.module
  data_on_destroy = var.data_on_destroy
}

# The budget's calls are counted on this environment's project: the API refuses a person's credentials that name none.
provider "google" {
  alias                 = "budget"
  billing_project       = try(yamldecode(file("${path.module}/environment.yaml")).project, null)
  user_project_override = true
}

module "budget" {
  source    = "../../modules/budget"
  providers = { google = google.budget }

  project = module.platform.project
  channel = module.platform.channel
  budget  = module.platform.budget
}

# It was a part of the platform.
moved {
  from = module.platform.module.monitoring.google_billing_budget.this
  to   = module.budget.google_billing_budget.this
}
