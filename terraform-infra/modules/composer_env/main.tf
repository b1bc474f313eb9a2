# One Managed Airflow (Composer) Gen 3 environment on a bucket and a service account of ours; it looks up nothing, so that it can be planned before anything exists.

locals {
  # Gen 3 bills what its workloads ask for, so a size is a row of requests and nothing else.
  sizes = {
    small  = { environment = "ENVIRONMENT_SIZE_SMALL", scheduler = { cpu = 0.5, memory_gb = 2 }, dag_processor = { cpu = 0.5, memory_gb = 2 }, web_server = { cpu = 0.5, memory_gb = 2 }, worker = { cpu = 0.5, memory_gb = 2 } }
    medium = { environment = "ENVIRONMENT_SIZE_MEDIUM", scheduler = { cpu = 1, memory_gb = 4 }, dag_processor = { cpu = 1, memory_gb = 4 }, web_server = { cpu = 1, memory_gb = 4 }, worker = { cpu = 1, memory_gb = 4 } }
    large  = { environment = "ENVIRONMENT_SIZE_LARGE", scheduler = { cpu = 2, memory_gb = 8 }, dag_processor = { cpu = 2, memory_gb = 8 }, web_server = { cpu = 2, memory_gb = 8 }, worker = { cpu = 2, memory_gb = 8 } }
  }
  size = local.sizes[var.size]
}

resource "google_composer_environment" "this" {
  project         = var.project
  name            = var.name
  region          = var.region
  labels          = var.labels
  deletion_policy = var.deletion_policy

  storage_config {
    bucket = var.bucket
  }

  config {
    environment_size = local.size.environment
    resilience_mode  = var.is_highly_resilient ? "HIGH_RESILIENCE" : "STANDARD_RESILIENCE"

    software_config {
      image_version = var.image_version
      env_variables = var.env_variables

      # A new DAG waits for a person. Whoever opens the web server first becomes Op by default; Airflow commands through the Google API need no Airflow role.
      airflow_config_overrides = merge({
        "core-dags_are_paused_at_creation"         = "True"
        "api-composer_auth_user_registration_role" = "Viewer"
      }, var.airflow_config_overrides)
    }

    node_config {
      service_account = var.service_account
      # Composer makes a network attachment of its own from the two; without them DAGs reach what is public.
      network    = try(var.network.network, null)
      subnetwork = try(var.network.subnetwork, null)
    }

    workloads_config {
      scheduler {
        cpu        = local.size.scheduler.cpu
        memory_gb  = local.size.scheduler.memory_gb
        storage_gb = 1
        count      = var.is_highly_resilient ? 2 : 1
      }
      triggerer {
        cpu       = 0.5
        memory_gb = 1
        count     = var.is_highly_resilient ? 2 : 1
      }
      dag_processor {
        cpu        = local.size.dag_processor.cpu
        memory_gb  = local.size.dag_processor.memory_gb
        storage_gb = 1
        count      = var.is_highly_resilient ? 2 : 1
      }
      web_server {
        cpu        = local.size.web_server.cpu
        memory_gb  = local.size.web_server.memory_gb
        storage_gb = 1
      }
      worker {
        cpu        = local.size.worker.cpu
        memory_gb  = local.size.worker.memory_gb
        storage_gb = 10
        min_count  = 1
        max_count  = var.max_workers
      }
    }
  }

  # About 25 minutes to make or change; a deletion took up to two hours.
  timeouts {
    create = "90m"
    update = "90m"
    delete = "120m"
  }
}
