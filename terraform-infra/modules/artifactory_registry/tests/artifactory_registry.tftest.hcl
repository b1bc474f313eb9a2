mock_provider "google" {}

variables {
  project       = "example-platform"
  location      = "us-central1"
  repository_id = "caec"
}

run "moves_no_tag_and_keeps_the_newest" {
  command = plan

  assert {
    condition     = google_artifact_registry_repository.this.docker_config[0].immutable_tags
    error_message = "A tag that moves is a deployment nobody reviewed."
  }
  assert {
    condition     = alltrue([for policy in google_artifact_registry_repository.this.cleanup_policies : alltrue([for condition in policy.condition : condition.tag_state == "UNTAGGED"]) if policy.action == "DELETE"])
    error_message = "Only untagged versions may be cleared away."
  }
  assert {
    condition     = output.host_path == "us-central1-docker.pkg.dev/example-platform/caec"
    error_message = "The path that docker push takes."
  }
}

run "refuses_an_over_long_name" {
  command = plan
  variables {
    repository_id = "images-of-the-clickstream-platform-with-a-name-beyond-sixty-three-characters"
  }
  expect_failures = [var.repository_id]
}

run "refuses_to_keep_nothing" {
  command = plan
  variables {
    cleanup = { keep_versions = 0 }
  }
  expect_failures = [var.cleanup]
}
