# Lets one Kubernetes service account of a cluster in your own project act as one Google service account; it makes nothing inside the cluster.

locals {
  member = "serviceAccount:${var.cluster_project}.svc.id.goog[${var.namespace}/${var.name}]"
}
