Console.WriteLine("vfio");
return 0;
