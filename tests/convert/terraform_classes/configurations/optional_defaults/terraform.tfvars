table = {
  name = "opt"
  attributes = [{ name = "id" }]
  capacity = { write = "9" }
  protect = null
  unknown_attribute = "dropped"
}
