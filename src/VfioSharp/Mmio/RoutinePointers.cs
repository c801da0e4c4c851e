// How a routine is called: without a GC transition, which is what makes it cheap, where the runtime can do that.
#if NET
global using unsafe LoadPointer = delegate* unmanaged[SuppressGCTransition]<byte*, VfioSharp.Mmio.LoadResult>;
global using unsafe StorePointer = delegate* unmanaged[SuppressGCTransition]<byte*, ulong, ulong>;
#else
global using unsafe LoadPointer = delegate* unmanaged[Cdecl]<byte*, VfioSharp.Mmio.LoadResult>;
global using unsafe StorePointer = delegate* unmanaged[Cdecl]<byte*, ulong, ulong>;
#endif
