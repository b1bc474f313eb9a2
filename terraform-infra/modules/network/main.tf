# A network for Spark's batches: one subnet whose machines have no address on the internet and reach Google privately; it lets nothing in from outside.

resource "google_compute_network" "this" {
  project                 = var.project
  name                    = var.name
  description             = "Spark batches of the clickstream platform."
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"

  # Private Google Access takes the default route; without addresses of their own, nothing else can.
  delete_default_routes_on_create = false
}

resource "google_compute_subnetwork" "this" {
  #checkov:skip=CKV_GCP_26:Flow logs are a choice (flow_logs): they cost per gigabyte and show addresses of machines that live for minutes; what a batch read is in the audit logs.
  #checkov:skip=CKV_GCP_76:The subnet is IPv4 only, so there is no IPv6 traffic that could go privately.
  project       = var.project
  name          = var.subnetwork
  region        = var.region
  network       = google_compute_network.this.id
  ip_cidr_range = var.range
  stack_type    = "IPV4_ONLY"

  private_ip_google_access = true

  dynamic "log_config" {
    for_each = var.flow_logs ? [1] : []
    content {
      aggregation_interval = "INTERVAL_5_MIN"
      flow_sampling        = 0.5
      metadata             = "INCLUDE_ALL_METADATA"
    }
  }
}

# Driver and executors use ports of their own choice, so all of them, and only within the subnet. Everything else is refused by the rule that every network has.
resource "google_compute_firewall" "workers" {
  project     = var.project
  name        = "${var.name}-workers"
  description = "The machines of a batch talk to each other."
  network     = google_compute_network.this.id
  direction   = "INGRESS"

  source_ranges      = [var.range]
  destination_ranges = [var.range]

  allow {
    protocol = "all"
  }

  depends_on = [google_compute_subnetwork.this]
}

resource "google_compute_router" "nat" {
  for_each = var.cloud_nat ? toset(["nat"]) : toset([])

  project = var.project
  name    = "${var.name}-nat"
  region  = var.region
  network = google_compute_network.this.id
}

resource "google_compute_router_nat" "this" {
  for_each = google_compute_router.nat

  project                            = var.project
  name                               = "${var.name}-nat"
  region                             = var.region
  router                             = each.value.name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.this.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
