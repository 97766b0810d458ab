"""What people hold in their hands: code pictures and printable certificates."""
