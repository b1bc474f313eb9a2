# The whole platform of one environment, put together from the modules beside this one; names and sizes come from environment.yaml, rights from access.yaml.

module "environment" {
  source = "../environment"

  folder = var.folder
}

locals {
  environment = module.environment.value
  labels      = { platform = "clickstream", environment = local.environment.name }

  # Without the group, batches run in the project's network `default`, which is Google's choice.
  network       = try(local.environment.network, null)
  is_made       = try(local.network.range != "none", false)
  vpc_path      = local.network == null ? null : local.is_made ? one(module.network[*].network) : local.network.vpc
  subnet_path   = local.network == null ? null : local.is_made ? one(module.network[*].subnetwork) : local.network.subnetwork
  driver_output = "google-cloud-dataproc-metainfo/"

  buckets = {
    raw = { keep_versions = true, nearline_after_days = local.environment.retention.rawToNearlineDays }
    # Spark replaces whole partitions: versions would keep every run. Soft delete brings back what a wrong run replaced.
    lake = { keep_versions = false }
    # What drivers wrote. A batch ends after 14 days at the latest; staged code and dbt's state lie under other prefixes and stay.
    staging = { keep_versions = false, delete_after_days = { (local.driver_output) = 30 } }
    dags    = { keep_versions = true }
  }
  datasets = {
    raw       = "Events as loaded from the lake."
    analytics = "Facts and dimensions; the views read them, analysts do not."
    insights  = "Published views; analysts read nothing else."
  }
}

module "project_apis" {
  source = "../project_apis"

  project = local.environment.project
}

module "network" {
  source = "../network"
  count  = local.is_made ? 1 : 0

  project    = local.environment.project
  name       = local.network.vpc
  subnetwork = local.network.subnetwork
  region     = local.environment.region
  range      = local.network.range
  cloud_nat  = local.network.cloudNat
  flow_logs  = local.network.flowLogs

  depends_on = [module.project_apis]
}

module "bucket" {
  source   = "../gcs_bucket"
  for_each = local.buckets

  project         = local.environment.project
  name            = local.environment.buckets[each.key]
  location        = local.environment.region
  labels          = merge(local.labels, { bucket = each.key })
  deletion_policy = var.data_on_destroy
  retention = merge(each.value, {
    soft_delete_days = local.environment.retention.softDeleteDays
    old_version_days = local.environment.retention.oldVersionDays
  })

  depends_on = [module.project_apis]
}

module "dataset" {
  source   = "../bigquery_dataset"
  for_each = local.datasets

  project           = local.environment.project
  dataset_id        = local.environment.datasets[each.key]
  location          = local.environment.region
  description       = each.value
  labels            = local.labels
  time_travel_hours = local.environment.retention.timeTravelHours
  deletion_policy   = var.data_on_destroy

  depends_on = [module.project_apis]
}

module "images" {
  source = "../artifactory_registry"

  project         = local.environment.project
  location        = local.environment.region
  repository_id   = local.environment.images.repository
  labels          = local.labels
  deletion_policy = var.data_on_destroy
  cleanup = {
    keep_versions              = local.environment.images.keepVersions
    delete_untagged_after_days = local.environment.images.deleteUntaggedAfterDays
  }

  depends_on = [module.project_apis]
}

module "github" {
  source = "../wif_github"

  project        = local.environment.project
  project_number = local.environment.projectNumber
  settings       = module.iam.workload_identity

  depends_on = [module.project_apis]
}

# After what it grants on.
module "iam" {
  source = "../iam"

  access_file = "${path.module}/../../access.yaml"
  environment = local.environment

  depends_on = [module.project_apis, module.bucket, module.dataset, module.images]
}

# After the grants of the account that it runs as.
module "composer" {
  source = "../composer_env"

  project         = local.environment.project
  name            = local.environment.composer.name
  region          = local.environment.region
  labels          = local.labels
  image_version   = local.environment.composer.imageVersion
  bucket          = local.environment.buckets.dags
  service_account = module.iam.service_accounts["composer"]
  size            = local.environment.composer.size
  max_workers     = local.environment.composer.maxWorkers
  network         = try(local.network.attachComposer, false) ? { network = local.vpc_path, subnetwork = local.subnet_path } : null
  env_variables = merge(
    {
      AIRFLOW_VAR_CAEC_PROJECT = local.environment.project
      AIRFLOW_VAR_CAEC_REGION  = local.environment.region
    },
    local.subnet_path == null ? {} : { AIRFLOW_VAR_CAEC_SUBNETWORK = local.subnet_path },
    try({ AIRFLOW_VAR_CAEC_SESSION_MAX_HOURS = tostring(local.environment.pipeline.sessionMaxHours) }, {}),
    try({ AIRFLOW_VAR_CAEC_SESSION_GAP_MINUTES = tostring(local.environment.pipeline.sessionGapMinutes) }, {}),
  )
  airflow_config_overrides = try({ "caec-start_date" = local.environment.pipeline.firstDay }, {})

  depends_on = [module.iam]
}

module "monitoring" {
  source = "../monitoring"

  project     = local.environment.project
  labels      = local.labels
  runbook_url = "https://github.com/${local.environment.github.repository}/blob/main/docs/runbook.md"
  alerts = {
    email             = local.environment.alerts.email
    stale_after_hours = local.environment.alerts.staleAfterHours
    quarantine_rate   = local.environment.alerts.quarantineRate
  }

  depends_on = [module.project_apis]
}
