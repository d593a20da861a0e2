Console.WriteLine("homeostat");
