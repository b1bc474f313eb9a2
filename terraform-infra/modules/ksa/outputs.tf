output "manifest" {
  description = "The Kubernetes service account to apply in the cluster, as YAML."
  value = yamlencode({
    apiVersion = "v1"
    kind       = "ServiceAccount"
    metadata = {
      name        = var.name
      namespace   = var.namespace
      annotations = { "iam.gke.io/gcp-service-account" = var.service_account }
    }
  })
  depends_on = [google_service_account_iam_member.workload_identity]
}
