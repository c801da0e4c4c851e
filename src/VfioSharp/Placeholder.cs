namespace VfioSharp;
