resource "google_service_account_iam_member" "workload_identity" {
  service_account_id = "projects/${split(".", split("@", var.service_account)[1])[0]}/serviceAccounts/${var.service_account}"
  role               = "roles/iam.workloadIdentityUser"
  member             = local.member
}
