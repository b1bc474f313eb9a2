run "reads_an_environment" {
  command = plan
  variables {
    folder = "../../environments/dev"
  }
  assert {
    condition     = output.value.buckets.raw == "caec-local-raw"
    error_message = "The values of the file."
  }
}

run "names_a_folder_without_the_file" {
  command = plan
  variables {
    folder = "."
  }
  expect_failures = [var.folder]
}
