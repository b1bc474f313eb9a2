terraform {
  required_version = ">= 1.9, < 2.0"

  # The tests hold every resource here against the schema of 8.7.0.
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 8.7.0, < 9.0.0"
    }
  }
}
