output "network" {
  description = "The network's full path."
  value       = "projects/${var.project}/global/networks/${var.name}"
  depends_on  = [google_compute_network.this]
}

output "subnetwork" {
  description = "The subnet's full path, once batches can run in it: what Dataproc takes as subnetwork."
  value       = "projects/${var.project}/regions/${var.region}/subnetworks/${var.subnetwork}"
  depends_on  = [google_compute_subnetwork.this, google_compute_firewall.workers]
}
