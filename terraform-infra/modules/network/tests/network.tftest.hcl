mock_provider "google" {}

variables {
  project    = "example-platform"
  name       = "caec"
  subnetwork = "caec"
  region     = "us-central1"
  range      = "10.84.0.0/22"
}

run "lets_the_machines_of_a_batch_talk_and_nobody_else_in" {
  command = plan

  assert {
    condition     = !google_compute_network.this.auto_create_subnetworks && google_compute_subnetwork.this.private_ip_google_access
    error_message = "One subnet, and Google is reached from it without an address on the internet."
  }
  assert {
    condition     = toset(google_compute_firewall.workers.source_ranges) == toset(["10.84.0.0/22"]) && toset(google_compute_firewall.workers.destination_ranges) == toset(["10.84.0.0/22"])
    error_message = "Only the subnet may reach the subnet."
  }
  assert {
    condition     = length(google_compute_router_nat.this) == 0 && length(google_compute_subnetwork.this.log_config) == 0
    error_message = "Neither NAT nor flow logs unless they are asked for."
  }
  assert {
    condition     = output.subnetwork == "projects/example-platform/regions/us-central1/subnetworks/caec" && output.network == "projects/example-platform/global/networks/caec"
    error_message = "Batches and Composer are given full paths."
  }
}

run "reaches_the_internet_when_told_so" {
  command = plan
  variables {
    cloud_nat = true
    flow_logs = true
  }
  assert {
    condition     = google_compute_router_nat.this["nat"].source_subnetwork_ip_ranges_to_nat == "LIST_OF_SUBNETWORKS" && length(google_compute_subnetwork.this.log_config) == 1
    error_message = "This subnet and no other, with logs."
  }
}

run "refuses_an_address_inside_a_range" {
  command = plan
  variables {
    range = "10.84.0.7/22"
  }
  expect_failures = [var.range]
}

run "refuses_a_range_that_no_batch_fits_in" {
  command = plan
  variables {
    range = "10.84.0.0/29"
  }
  expect_failures = [var.range]
}

run "refuses_a_network_that_exists" {
  command = plan
  variables {
    name = "projects/host/global/networks/shared"
  }
  expect_failures = [var.name]
}
